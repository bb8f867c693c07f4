declare module '@vercel/ncc' {
  /** What ncc makes of an entry: its code, and the files that belong beside it. */
  export default function ncc(
    entry: string,
    options: object,
  ): Promise<{ code: string; assets: Record<string, { source: string | Buffer }> }>
}

declare module 'tunnel' {
  /** Builds an agent for a pair of protocols, server over proxy. */
  type TunnelFactory = (options: object) => object
  export const httpOverHttp: TunnelFactory
  export const httpsOverHttp: TunnelFactory
  export const httpOverHttps: TunnelFactory
  export const httpsOverHttps: TunnelFactory
}
