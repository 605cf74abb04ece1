import ssh2 from 'ssh2'

/** A key pair made on the spot. ssh2 writes one private key in four hundred so that nobody can read it, itself included. */
export const newKey = (comment?: string): { readonly private: string; readonly public: string } => {
  for (;;) {
    const key = ssh2.utils.generateKeyPairSync('ed25519', comment === undefined ? {} : { comment })
    if (!(ssh2.utils.parseKey(key.private) instanceof Error)) return key
  }
}
