/** How a drain goes about it where nobody says otherwise, by `./dev bench drain`. */
export const USUAL = { order: 'hardest-first', atATime: 4 } as const;
