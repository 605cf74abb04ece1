/** What is set for `manager: 'upstart'` alone. */
export const upstartSettings = {}
