/** @returns a member's name as a part of a JSON Pointer (RFC 6901) */
export function pointerPart(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
