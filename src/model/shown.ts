/**
 * Text from elsewhere (a guest's name, QEMU's or virsh's words, a domain's metadata) as it may reach a terminal or a
 * log: no byte of it moves the cursor, turns the writing around, hides, or begins a line of its own. Documents in
 * JSON do not need it: JSON has its own escapes.
 */

/**
 * Cc: C0, DEL and C1 (U+009B begins a terminal's command as ESC [ does). Cf: bidi overrides and isolates, zero-width
 * joiners, tags. Zl, Zp: line and paragraph separators. Cs: halves of surrogate pairs. The last: everything else that
 * fonts leave out, such as fillers and variation selectors.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;
const UNSEEN_BUT_LINE_ENDS = new RegExp(`(?!\\n)${UNSEEN.source}`, 'gu');

/** For a place of one line. @returns the text with what is not seen written as \xNN or \u{NNNN} */
export function shown(text: string): string {
  return text.replace(UNSEEN, escaped);
}

/** For text whose line ends are our own, such as a stack trace or a usage message. */
export function shownLines(text: string): string {
  return text.replace(UNSEEN_BUT_LINE_ENDS, escaped);
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}
