declare module '@vercel/ncc' {
  /** What ncc makes of an entry: its code, and the files that belong beside it. */
  export default function ncc(
    entry: string,
    options: object,
  ): Promise<{ code: string; assets: Record<string, { source: string | Buffer }> }>
}
