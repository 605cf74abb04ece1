import { contract } from './contract.ts'
import { needs, startSshd } from '../support/sshd.ts'

contract('local', false, async () => ({ ssh: { transport: 'local' }, stop: async () => {} }))
contract('ssh', needs('sshd', 'ssh-keygen'), async () => {
  const sshd = await startSshd()
  return { ssh: { ...sshd.host().ssh, user: sshd.user, port: sshd.port }, stop: sshd.stop }
})
