// The specifications' own sample data, written as they print it: most significant octet first.

const ecdh = {
  /** Core Vol 3 Part H 2.3.5.6.1: also the debug key of Secure Connections. */
  privateA: "3f49f6d4a3c55f3874c9b3e3d2103f504aff607beb40b7995899b8a6cd3c1abd",
  privateB: "55188b3d32f6bb9a900afcfbeed4e72a59cb9ac2f19d7cfb6b4fdd49f47fc5fd",
  publicAx: "20b003d2f297be2c5e2c83a7e9f9a5b9eff49111acf4fddbcc0301480e359de6",
  publicAy: "dc809c49652aeb6d63329abf5a52155c766345c28fed3024741c8ed01589d28b",
  publicBx: "1ea1f0f01faf1d9609592284f19e4c0047b58afd8615a69f559077b22faaa190",
  publicBy: "4c55f33e429dad377356703a9ab85160472d1130e28e36765f89aff915b1214a",
  dhKey: "ec0234a357c8ad05341010a60a397d9b99796b13b4f866f1868d34f373bfa698",
} as const;

/** Shared by D.2 to D.5. */
const nonces = {
  n1: "d5cb8454d177733effffb2ec712baeab",
  n2: "a6e8e7cc25a75f6e216583f7ff3dc4cf",
} as const;
const addresses = { a1: "56123737bfce", a2: "a713702dcfc1" } as const;

export const samples = {
  ecdh,
  /** Core Vol 3 Part H 2.2.3. */
  c1: {
    temporaryKey: "00000000000000000000000000000000",
    random: "5783d52156ad6f0e6388274ec6702ee0",
    pairingRequest: "07071000000101",
    pairingResponse: "05000800000302",
    initiator: { kind: "random", address: "a1a2a3a4a5a6" },
    responder: { kind: "public", address: "b1b2b3b4b5b6" },
    confirm: "1e1e3fef878988ead2a74dc5bef13b86",
  },
  /** Core Vol 3 Part H 2.2.4. */
  s1: {
    temporaryKey: "00000000000000000000000000000000",
    r1: "000f0e0d0c0b0a091122334455667788",
    r2: "010203040506070899aabbccddeeff00",
    shortTermKey: "9a1fe1f0e8b0f49b5b4216ae796da062",
  },
  /** RFC 4493 4, and Core Vol 3 Part H D.1. */
  cmac: {
    key: "2b7e151628aed2a6abf7158809cf4f3c",
    message:
      "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51" +
      "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
    /** By how many octets of the message. */
    macs: {
      0: "bb1d6929e95937287fa37d129b756746",
      16: "070a16b46b4d4144f79bdd9dd04a287c",
      40: "dfa66747de9ae63030ca32611497c827",
      64: "51f0bebf7e3b9d92fc49741779363cfe",
    },
  },
  /** Core Vol 3 Part H D.2. */
  f4: {
    u: ecdh.publicAx,
    v: ecdh.privateB,
    x: nonces.n1,
    z: 0,
    confirm: "f2c916f107a9bd1cf1eda1bea974872d",
  },
  /** Core Vol 3 Part H D.3. Both addresses are public. */
  f5: {
    dhKey: ecdh.dhKey,
    ...nonces,
    ...addresses,
    macKey: "2965f176a1084a02fd3f6a20ce636e20",
    ltk: "6986791169d7cd23980522b594750a38",
  },
  /** Core Vol 3 Part H D.4. */
  f6: {
    ...nonces,
    ...addresses,
    macKey: "2965f176a1084a02fd3f6a20ce636e20",
    r: "12a3343bb453bb5408da42d20c2d0fc8",
    ioCap: "010102",
    check: "e3c473989cd0e8c5d26c0b09da958f61",
  },
  /** Core Vol 3 Part H D.5. */
  g2: { u: ecdh.publicAx, v: ecdh.privateB, x: nonces.n1, y: nonces.n2, whole: 0x2f9ed5ba },
  /** Core Vol 3 Part H D.7. */
  ah: { irk: "ec0234a357c8ad05341010a60a397d9b", prand: "708194", hash: "0dfbaa" },
} as const;
