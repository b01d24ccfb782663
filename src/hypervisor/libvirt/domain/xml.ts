/** The few questions that libvirt's XML is asked. It holds what other people wrote, so a parser reads it. */
import { DOMParser, type Element } from '@xmldom/xmldom';

/** The text is no well-formed XML. */
export class XmlError extends Error {
  override readonly name = 'XmlError';
}

/** @returns the outermost element @throws {XmlError} */
export function parseXml(text: string): Element {
  let problem: string | undefined;
  const parser = new DOMParser({
    onError: (level, message) => {
      if (level === 'warning') return;
      problem ??= message;
      throw new XmlError(message);
    },
  });
  try {
    const root = parser.parseFromString(text, 'text/xml').documentElement;
    if (root) return root;
  } catch (cause) {
    throw new XmlError(problem ?? String(cause), { cause });
  }
  throw new XmlError('missing root element');
}

export function childrenOf(element: Element | undefined, name?: string): Element[] {
  const children: Element[] = [];
  for (let node = element?.firstChild; node; node = node.nextSibling)
    if (isElement(node) && (name === undefined || node.localName === name)) children.push(node);
  return children;
}

/** The first element at the end of a path of names: `at(domain, 'os', 'type')`. */
export function at(element: Element | undefined, ...path: readonly string[]): Element | undefined {
  return path.reduce<Element | undefined>((parent, name) => childrenOf(parent, name)[0], element);
}

/** Undefined when the element is not there or has only blanks. A name's own blanks are kept. */
export function textOf(element: Element | undefined): string | undefined {
  const text = element?.textContent ?? '';
  return text.trim() === '' ? undefined : text;
}

/** Undefined when it is not there or empty. */
export function attributeOf(element: Element | undefined, name: string): string | undefined {
  return element?.getAttribute(name) || undefined;
}

function isElement(node: { nodeType: number }): node is Element {
  return node.nodeType === 1;
}
