import type { LabHost } from './host.ts'

/** The phases of a deploy in which tests break or stop it, in order. */
export const phaseNames = ['starting', 'started', 'updating', 'updated', 'publishing', 'published', 'finishing'] as const
export type Phase = (typeof phaseNames)[number]
/** The phases in which nothing is live yet. */
export const beforePublishing: readonly Phase[] = ['starting', 'started', 'updating', 'updated']

const tasks = phaseNames.map((phase) => `'phase:${phase}': { steps: () => [sh\`/usr/local/bin/phase ${phase}\`] },`)
const hooks = phaseNames.map((phase) => `'deploy:${phase}': 'phase:${phase}',`)

export const phases = {
  /** for a config: a task after every phase that fails or waits on each host as requested */
  config: `tasks: { ${tasks.join(' ')} }, hooks: { after: { ${hooks.join(' ')} } },`,
  /** Installs the program that these tasks run on a host. */
  install: async (host: LabHost): Promise<void> => {
    await host.sh(`sudo tee /usr/local/bin/phase >/dev/null <<'END'
#!/bin/sh
[ ! -e "/tmp/fail.$1" ] || { echo "told to fail in $1" >&2; exit 3; }
while [ -e "/tmp/hold.$1" ]; do sleep 0.1; done
END
sudo chmod 755 /usr/local/bin/phase`)
  },
  fail: async (host: LabHost, phase: Phase): Promise<void> => void (await host.sh(`touch /tmp/fail.${phase}`)),
  hold: async (host: LabHost, phase: Phase): Promise<void> => void (await host.sh(`touch /tmp/hold.${phase}`)),
  /** Ends all failing and waiting. */
  clear: async (host: LabHost): Promise<void> => void (await host.sh('rm -f /tmp/fail.* /tmp/hold.*')),
  /** Whether any of these tasks' processes is left. */
  running: async (host: LabHost): Promise<boolean> => (await host.try('pgrep -f /usr/local/bin/[p]hase')).code === 0,
}
