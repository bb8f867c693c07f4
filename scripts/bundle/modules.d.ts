declare module '@vercel/ncc' {
  /** Bundles an entry: its code, and the files next to it. */
  export default function ncc(
    entry: string,
    options: object,
  ): Promise<{ code: string; assets: Record<string, { source: string | Buffer }> }>
}
