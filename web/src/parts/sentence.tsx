const WHOLE = /(--[a-z][a-z-]*|\d[\d.]* (?:ms|s|min|h|kB|MB|GB|TB|%)(?!\w))/;

/** A sentence of the service's. Options (`--max-downtime`) and figures with their units are not broken over lines. */
export function Sentence({ of }: { of: string }) {
  const parts = of.split(WHOLE);
  return (
    <>
      {parts.map((part, at) =>
        at % 2 === 0 ? (
          part
        ) : (
          <span key={`${at}${part}`} class="whole">
            {part}
          </span>
        ),
      )}
    </>
  );
}
