#!/bin/sh
# Makes the certificates of the test suite, all of them anew: `sh test/support/certificates/make.sh`. Needs openssl 1.1.1 or later.
#
#   ca.pem             the authority that tests trust; its key is thrown away
#   key.pem            one RSA key for all certificates below (RSA, so that TLS 1.0 can be spoken too); worth nothing elsewhere
#   valid.pem          localhost, mail.test, 127.0.0.1, ::1
#   expired.pem        the same names, ended in 2020
#   not-yet-valid.pem  the same names, begins in 2125
#   wrong-host.pem     other.test only
#   self-signed.pem    the right names, signed by nobody
#
# `openssl ca`, because it takes both dates in every version; `openssl x509` learnt that in 3.4.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

here="DNS:localhost, DNS:mail.test, IP:127.0.0.1, IP:::1"
since=20200101000000Z
until=21260101000000Z

cat > "$work/openssl.cnf" <<END
[ca]
default_ca = test
[test]
database = $work/index.txt
new_certs_dir = $work
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
END
: > "$work/index.txt"

# certificate <file> <common name> <subject alternative names> <from> <to> [how it is signed …]
certificate() {
  file=$1 name=$2 names=$3 from=$4 to=$5
  shift 5
  printf 'subjectAltName = %s\nextendedKeyUsage = serverAuth\n' "$names" > "$work/names.cnf"
  openssl req -new -config "$work/openssl.cnf" -key key.pem -subj "/CN=$name" -out "$work/request.pem"
  openssl ca -batch -notext -config "$work/openssl.cnf" -in "$work/request.pem" -out "$file" \
    -startdate "$from" -enddate "$to" -extfile "$work/names.cnf" "$@"
}

openssl genrsa -out key.pem 2048
openssl genrsa -out "$work/ca.key" 2048
openssl req -new -config "$work/openssl.cnf" -key "$work/ca.key" -subj "/CN=Meshmail test authority" -out "$work/ca.csr"
openssl ca -batch -notext -config "$work/openssl.cnf" -selfsign -keyfile "$work/ca.key" -in "$work/ca.csr" -out ca.pem \
  -startdate "$since" -enddate "$until" -extensions authority

set -- -cert ca.pem -keyfile "$work/ca.key"
certificate valid.pem mail.test "$here" "$since" "$until" "$@"
certificate expired.pem mail.test "$here" "$since" 20200201000000Z "$@"
certificate not-yet-valid.pem mail.test "$here" 21250101000000Z "$until" "$@"
certificate wrong-host.pem other.test "DNS:other.test" "$since" "$until" "$@"
certificate self-signed.pem mail.test "$here" "$since" "$until" -selfsign -keyfile key.pem
