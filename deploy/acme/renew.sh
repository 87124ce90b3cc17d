#!/bin/sh
# Gets a certificate for PUBLIC_HOST where there is none, or where a third of its time or less is left, and gives it to the proxy.
# More arguments go to certbot: --force-renewal, for instance. Ends with 1, and the reason, when it could not.
set -eu
umask 077
state=/var/lib/acme tls=/etc/haproxy/tls

certbot certonly "$@" --quiet --non-interactive --agree-tos --email "$ACME_EMAIL" --no-eff-email \
    --server "$ACME_DIRECTORY" --keep-until-expiring \
    --cert-name proxy --domain "$PUBLIC_HOST" --standalone --http-01-port 8080 --key-type ecdsa \
    --config-dir "$state" --work-dir /tmp/certbot --logs-dir /tmp/certbot --max-log-backups 0

# Compared each time, not told by a hook: what could not be handed over the last time is now.
cat "$state/live/proxy/fullchain.pem" "$state/live/proxy/privkey.pem" > "$tls/proxy.pem.new"
if cmp -s "$tls/proxy.pem.new" "$tls/proxy.pem" && [ ! -e "$state/reload-failed" ]; then
    rm "$tls/proxy.pem.new"
else
    touch "$state/reload-failed"
    mv "$tls/proxy.pem.new" "$tls/proxy.pem"
    # As SIGUSR2 does, but it says whether it could.
    said=$(echo reload | socat -t 60 - UNIX-CONNECT:/run/haproxy/master.sock)
    case $said in
        *Success=1*) ;;
        *) echo "the proxy could not load its files: $said" >&2; exit 1 ;;
    esac
    rm "$state/reload-failed"
    echo "the proxy serves $(openssl x509 -in "$tls/proxy.pem" -noout -subject -enddate | paste -sd ' ')"
fi
touch /tmp/served
