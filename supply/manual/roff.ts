/**
 * Text as roff takes it, for man pages (groff_char(7), man(7)). What is escaped here prints the same by groff and by mandoc.
 */

/** What is typed: every character stays what it is, to be copied from the page. */
export function literal(text: string): string {
  return [...text].map((character) => LITERAL[character] ?? beyondAscii(character)).join('');
}

const LITERAL: Readonly<Record<string, string>> = {
  '\\': '\\e',
  // A bare one may print as a hyphen, which no shell takes for a minus.
  '-': '\\-',
  "'": '\\(aq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
};

/** A sentence: what stands in backquotes and what looks like an option is literal, and bold. */
export function prose(text: string): string {
  const parts = text.split(/(`[^`]+`|(?<![\w-])--?[a-zA-Z][\w-]*)/);
  return parts
    .map((part, index) => (index % 2 === 0 ? words(part) : bold(part.replaceAll('`', ''))))
    .join('');
}

/** An apostrophe is one here. A hyphen stays a minus: many a word with one is a name that is typed, and no line may end in it. */
function words(text: string): string {
  return text.split("'").map(literal).join("'");
}

export function bold(text: string): string {
  return `\\fB${literal(text)}\\fR`;
}

export function italic(text: string): string {
  return `\\fI${literal(text)}\\fR`;
}

function beyondAscii(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x80 ? character : `\\[u${code.toString(16).toUpperCase().padStart(4, '0')}]`;
}

/** A line of text, which no first character makes a request of roff's. @param escaped from the functions above */
export function textLine(escaped: string): string {
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}

/** A macro and its arguments. @param escaped the arguments; quotes in them are escaped here */
export function macro(name: string, ...escaped: readonly string[]): string {
  return [`.${name}`, ...escaped.map((each) => `"${each.replaceAll('"', '\\(dq')}"`)].join(' ');
}

/** Lines as they are typed, in a type of fixed width and not filled. */
export function example(lines: readonly string[]): string[] {
  // With \\& in front no line is empty, or a request.
  return ['.RS 4', '.nf', '.ft CR', ...lines.map((line) => `\\&${literal(line)}`), '.ft R', '.fi', '.RE'];
}

/** A paragraph, filled to lines of the length that sources have. */
export function paragraph(text: string): string[] {
  return fill(text).map((line) => textLine(prose(line)));
}

const WIDTH = 78;

/** Breaks only between words, and never within backquotes: those have to come to `prose` whole. */
function fill(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.match(/(?:`[^`]*`|\S)+/g) ?? []) {
    if (line !== '' && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, line];
}
