# One image for every role: `muster master`, `muster worker`, and the commands beside them. `./muster build` makes the jar.
#
#   docker build -t muster .                                       on a public Java 17 runtime
#   docker build -t muster --build-arg BASE_IMAGE=my-jre:17 .      on another image with java and sh
ARG BASE_IMAGE=eclipse-temurin:17-jre
FROM ${BASE_IMAGE}

# A user of its own, without a shell or a password. /data and /key belong to it, and so do new volumes mounted there:
# an engine gives an empty named volume the owner and mode of the folder it covers.
# `muster` is the entry point and, by docker exec, the command: the flags of the JVM stand in one place.
RUN echo 'muster:x:10001:10001:Muster:/data:/usr/sbin/nologin' >> /etc/passwd \
 && echo 'muster:x:10001:' >> /etc/group \
 && mkdir -p /data /key /opt/muster \
 && chown 10001:10001 /data /key \
 && chmod 0700 /data /key \
 && printf '%s\n' '#!/bin/sh' \
      '# Out of memory ends the process, so that the engine restarts it. Half of the memory is left to RocksDB and Netty.' \
      'exec java -XX:+ExitOnOutOfMemoryError -XX:MaxRAMPercentage=50 -jar /opt/muster/muster.jar "$@"' \
      > /usr/local/bin/muster \
 && chmod 0755 /usr/local/bin/muster

COPY cli/target/muster.jar /opt/muster/muster.jar

USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 5000
ENTRYPOINT ["muster"]
CMD ["--help"]
