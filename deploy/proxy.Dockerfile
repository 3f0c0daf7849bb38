FROM caddy:2.11.7-alpine
COPY deploy/Caddyfile /etc/caddy/Caddyfile
# The copy lacks the capability for low ports, with which it cannot start under no-new-privileges.
RUN cp /usr/bin/caddy /usr/bin/plain-caddy \
    && mv /usr/bin/plain-caddy /usr/bin/caddy \
    && chown -R 10002:10002 /data /config
USER 10002
EXPOSE 8080 8443
