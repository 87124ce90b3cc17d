#!/bin/sh
# first.sh <folder> <host>: something that the proxy can start with, where there is no certificate at all. What is there
# stays, whatever it is: a certificate that has run out still says more than one that nobody signed.
set -eu
[ -s "$1/proxy.pem" ] || exec sh /proxy/self-signed.sh "$1" "$2"
