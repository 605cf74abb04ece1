/** `1 host`, `3 hosts` */
export const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`
