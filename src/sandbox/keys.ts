import ssh2 from 'ssh2'

/** A new key pair. Of the private keys that ssh2 writes, one in four hundred cannot be read, not even by ssh2. */
export const createKey = (comment?: string): { readonly private: string; readonly public: string } => {
  for (;;) {
    const key = ssh2.utils.generateKeyPairSync('ed25519', comment === undefined ? {} : { comment })
    if (!(ssh2.utils.parseKey(key.private) instanceof Error)) return key
  }
}
