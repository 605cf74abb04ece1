import { contract } from './contract.ts'
import { needs, startSshd } from '../support/sshd.ts'

// the tests look at processes through /proc
const linux = process.platform === 'linux' ? false : 'needs Linux'

contract('local', linux, async () => ({ ssh: { transport: 'local' }, stop: async () => {} }))
contract('ssh', linux || needs('sshd', 'ssh-keygen'), async () => {
  const sshd = await startSshd()
  return { ssh: { ...sshd.host().ssh, user: sshd.user, port: sshd.port }, stop: sshd.stop }
})
