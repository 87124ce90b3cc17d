#!/bin/sh
# certificate.sh <folder> <host>…: the certificate that the repository and the cluster's members show each other, and
# its key. It is its own authority: who has the key belongs to them. One that is there is left alone.
set -eu
folder=$1
shift

[ ! -s "$folder/certificate.pem" ] || exit 0
umask 077
names=$(printf ',DNS:%s' "$@")
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 7300 \
    -subj /CN=table-order-backup -addext "subjectAltName=${names#,}" \
    -keyout "$folder/key.pem" -out "$folder/certificate.pem.new" 2>/tmp/complaint || { cat /tmp/complaint >&2; exit 1; }
mv "$folder/certificate.pem.new" "$folder/certificate.pem"
echo "made a certificate for $*"
