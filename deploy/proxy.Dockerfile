FROM caddy:2.11.7-alpine
COPY deploy/Caddyfile /etc/caddy/Caddyfile
# The copy is without the right to low ports, which no engine gives to a process that may gain no privileges.
RUN cp /usr/bin/caddy /usr/bin/plain-caddy \
    && mv /usr/bin/plain-caddy /usr/bin/caddy \
    && chown -R 10002:10002 /data /config
USER 10002
EXPOSE 8080 8443
