# keyfit as an image: one static file, the certificate authorities, an empty /tmp, and
# no shell. For Argo CD, Tekton and the like; the GitHub action does not use it.
#
#   docker run --rm -v "$PWD:/work:ro" -e PAYMENT_API_KEY IMAGE check -e staging
#
# GitLab starts a shell in an image: `--target shell` has one, and nothing else besides.
FROM --platform=$BUILDPLATFORM golang:1.26-bookworm AS build
ARG TARGETOS=linux
ARG TARGETARCH
ARG VERSION=
ARG DATE=
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$VERSION -X main.date=$DATE" -o /image/keyfit ./cmd/keyfit \
 && mkdir -p /image/etc/ssl/certs /image/tmp /image/work \
 && cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ \
 && chmod 1777 /image/tmp

# A static busybox for the image's own platform.
FROM debian:bookworm-slim AS tools
RUN apt-get update \
 && apt-get install -y --no-install-recommends busybox-static \
 && mkdir -p /shell/bin \
 && cp /bin/busybox /shell/bin/busybox \
 && for name in sh cat chmod cp date env grep head id ls mkdir mv printf rm sed sleep stat tail test touch tr true uname wc; do ln -s busybox "/shell/bin/$name"; done

FROM scratch AS shell
COPY --from=build /image/ /
COPY --from=tools /shell/ /
ENV PATH=/bin:/
USER 65532:65532
WORKDIR /work
CMD ["/bin/sh"]

FROM scratch
COPY --from=build /image/ /
USER 65532:65532
WORKDIR /work
ENTRYPOINT ["/keyfit"]
