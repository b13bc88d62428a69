# The published bundle and Node.js with what it links to, and nothing else: no shell, no package manager. What it needs of
# a node is told in docs/operating.md; manifests/ has it ready.
#   docker build -t kube-log-watcher:1.0.0-alpha.1 .
# What is built is the same for every processor, and so it is built on this one.
FROM --platform=$BUILDPLATFORM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN npm run build

FROM node:24-bookworm-slim AS root
# The program without its table of symbols and notes for debuggers, which is a seventh of it.
RUN apt-get update && apt-get install --yes --no-install-recommends binutils && strip "$(command -v node)"
# Seconds since 1970 that all files are of: equal sources give equal layers.
ARG SOURCE_DATE_EPOCH=0
COPY --from=build /app/dist /root-fs/app
# Names are resolved by glibc, which loads nothing further for files and dns.
RUN node=$(command -v node) \
 && cp --parents -L "$node" $(ldd "$node" | grep -o '/[^ ]*') /etc/nsswitch.conf /root-fs/ \
 && mkdir -p -m 1777 /root-fs/tmp \
 && mkdir -p /root-fs/var/lib/dpkg/status.d \
 && cp --parents -L /etc/os-release /root-fs/ \
# For scanners and for readers: the packages that the libraries are of, and the licences beside those in /app.
 && for package in libc6 libgcc-s1 libstdc++6; do \
      dpkg-query --status "$package" > "/root-fs/var/lib/dpkg/status.d/$package"; \
      set -- "$@" "/usr/share/doc/$package/copyright"; \
    done \
 && for file in /usr/local/LICENSE "$@"; do [ ! -e "$file" ] || cp --parents -L "$file" /root-fs/; done \
 && printf 'root:x:0:0::/:\nnode:x:1000:1000::/:\n' > /root-fs/etc/passwd \
 && printf 'root:x:0:\nnode:x:1000:\n' > /root-fs/etc/group \
 && find /root-fs -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +

FROM scratch
ARG VERSION=1.0.0-alpha.1
ARG REVISION=
ARG SOURCE=
LABEL org.opencontainers.image.title="kube-log-watcher" \
      org.opencontainers.image.description="Keeps a log shipper's configuration exactly right for the containers of a Kubernetes node" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.source="$SOURCE"
COPY --from=root /root-fs/ /
# Two arenas of glibc's malloc in place of eight a core: a tenth less memory, and no more CPU.
ENV PATH=/usr/local/bin:/usr/bin NODE_ENV=production MALLOC_ARENA_MAX=2
# The API of serve or the status of ship, and the status of watch.
EXPOSE 8080 9469
# Root by default: the runtimes' log directories are readable by root only on most nodes. serve runs as any user.
# The flags cost some CPU under load and save a third of the memory.
ENTRYPOINT ["node", "--optimize-for-size", "--max-semi-space-size=1", "--max-old-space-size=96", "/app/main.js"]
