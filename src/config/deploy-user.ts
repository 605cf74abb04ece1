import type { Host } from '../inventory/types.ts'

/** With `--set ssh.user=root` somebody else logs in than who deploys: the host knows both, where the config says it in so many words. */
export const deployUser = (host: Host, ssh: readonly ({ readonly user?: unknown } | undefined)[]): Host => {
  const said = host.deployUser ?? ssh.map((of) => of?.user).find((user) => user !== undefined)
  return typeof said === 'string' && said !== host.deployUser ? Object.freeze({ ...host, deployUser: said }) : host
}
