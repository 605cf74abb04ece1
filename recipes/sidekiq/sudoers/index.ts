/** The task: the sudo rules that the configured tasks need. */
export const sudoers = { steps: () => [] }
