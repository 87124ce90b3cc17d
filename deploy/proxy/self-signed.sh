#!/bin/sh
# self-signed.sh <folder> <host>: a certificate for the host and its key, together in <folder>/proxy.pem as HAProxy
# reads them.  One that is there, for that host and for 30 days more, is left alone.
set -eu
folder=$1 host=$2

if [ -s "$folder/proxy.pem" ] \
    && openssl x509 -in "$folder/proxy.pem" -noout -checkend 2592000 >/dev/null \
    && openssl x509 -in "$folder/proxy.pem" -noout -checkhost "$host" | grep -q 'does match'; then
    exit 0
fi
umask 027
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 397 \
    -subj "/CN=$host" -addext "subjectAltName=DNS:$host" -keyout /tmp/key.pem -out /tmp/certificate.pem 2>/tmp/complaint \
    || { cat /tmp/complaint >&2; exit 1; }
cat /tmp/certificate.pem /tmp/key.pem > "$folder/proxy.pem.new"
mv "$folder/proxy.pem.new" "$folder/proxy.pem"
echo "made a self-signed certificate for $host"
