import type { Host } from '../inventory/types.ts'

/** With `--set ssh.user=root` another account logs in than the one that deploys. The host keeps both, where the config names one. */
export const deployUser = (host: Host, ssh: readonly ({ readonly user?: unknown } | undefined)[]): Host => {
  const said = host.deployUser ?? ssh.map((of) => of?.user).find((user) => user !== undefined)
  return typeof said === 'string' && said !== host.deployUser ? Object.freeze({ ...host, deployUser: said }) : host
}
