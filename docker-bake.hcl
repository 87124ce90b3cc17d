# docker buildx bake -f docker-bake.hcl: the image for both architectures. For this machine alone: docker compose build

variable "VERSION" { default = "0.0.0-dev" }
variable "REVISION" { default = "unknown" }
variable "CREATED" { default = "unknown" }
variable "IMAGE" { default = "table-order-service" }

target "default" {
  context   = "."
  platforms = ["linux/amd64", "linux/arm64"]
  args      = { VERSION = VERSION, REVISION = REVISION, CREATED = CREATED }
  tags      = ["${IMAGE}:${VERSION}"]
}
