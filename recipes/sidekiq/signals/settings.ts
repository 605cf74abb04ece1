/** What is set for `manager: 'signals'` alone. */
export const signalsSettings = {}
