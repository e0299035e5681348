#!/bin/sh
# Numba wants to write beside what it compiled; the root file system is read-only. Two megabytes of compiled kernels are copied to a tmpfs
# (with their times: numba compares them), then winnow takes this process's place, so that SIGTERM reaches it.
set -eu
seed="${KERNELS_SEED:-/opt/winnow/numba}"
if [ -d "$seed" ] && mkdir -p "$NUMBA_CACHE_DIR" 2>/dev/null; then
    cp -rp "$seed/." "$NUMBA_CACHE_DIR/" || echo "winnow: kernels will be compiled anew" >&2
fi
exec winnow "$@"
