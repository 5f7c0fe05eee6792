#!/bin/sh
# Fuzzes the readers of files with libFuzzer and the address and undefined-behavior sanitizers:
#
#     tests/fuzz/run.sh [-s SECONDS] [-b BUILD] [TARGET ...]
#
# SECONDS per target (default 60); BUILD is a folder in which the library is built (default build/release); targets are
# safetensors npy npz idx csv image (default all). core/io is compiled anew with clang and instrumented, the rest comes from the
# library. A file that breaks a reader is left in BUILD/fuzz; put it into the list of hostile files of that reader's test.
set -eu
root=$(cd -- "$(dirname -- "$0")/../.." && pwd)
seconds=60
build=$root/build/release
while getopts s:b: option; do
  case $option in
    s) seconds=$OPTARG ;;
    b) build=$OPTARG ;;
    *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- safetensors npy npz idx csv image

clang=${CLANGXX:-clang++}
command -v "$clang" >/dev/null || { echo "fuzz: $clang is not installed" >&2; exit 1; }
library=$(find "$build" -name libgradus.so | head -n 1)
[ -n "$library" ] || { echo "fuzz: there is no libgradus.so in $build; build it first" >&2; exit 1; }
work=$build/fuzz
mkdir -p "$work"

flags="-std=c++20 -g -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined \
  -fno-omit-frame-pointer -I$root -I$build/include -DGRADUS_HAVE_PNG -DGRADUS_HAVE_JPEG"
objects=""
for source in atomic_file csv gzip idx image_file input_file jpeg_image mapped_file npy npz png_image safetensors \
  safetensors_header zip; do
  object=$work/$source.o
  if [ -z "$(find "$object" -newer "$root/core/io/$source.cpp" 2>/dev/null)" ]; then
    # shellcheck disable=SC2086  # flags are words
    "$clang" $flags -c "$root/core/io/$source.cpp" -o "$object"
  fi
  objects="$objects $object"
done

for target in "$@"; do
  echo "== $target: $seconds s"
  # shellcheck disable=SC2086
  "$clang" $flags -fsanitize=fuzzer "$root/tests/fuzz/${target}_fuzz.cpp" $objects "$library" -lfmt -lz -lpng -ljpeg \
    -Wl,-rpath,"$(dirname -- "$library")" -o "$work/$target"
  mkdir -p "$work/corpus-$target"
  seeds=$root/tests/fuzz/seeds/$target
  [ -d "$seeds" ] || seeds=""
  # shellcheck disable=SC2086
  (cd "$work" && "./$target" -max_total_time="$seconds" -max_len=65536 -rss_limit_mb=2048 -timeout=10 -print_final_stats=1 \
    -verbosity=0 "corpus-$target" $seeds 2>"$target.log") || { tail -n 60 "$work/$target.log"; exit 1; }
  sed -n 's/^stat::number_of_executed_units: */files: /p; s/^stat::peak_rss_mb: */peak memory (MB): /p' "$work/$target.log"
done
echo "no reader broke"
