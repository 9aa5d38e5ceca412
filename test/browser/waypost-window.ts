/** The API as a page's own code finds it. */
export interface WaypostWindow {
  waypost: {
    push: (...commands: unknown[][]) => void;
    track: (name: string, props?: object) => void;
    page: (...args: unknown[]) => void;
    identify: (...args: unknown[]) => void;
    group: (...args: unknown[]) => void;
    alias: (...args: unknown[]) => void;
    goal: (value?: unknown) => void;
    reset: () => void;
    why: () => { campaign?: string; why?: string[]; reason: string } | null;
    on: (event: string, listener: (detail: unknown) => void) => void;
    once: (event: string, listener: (detail: unknown) => void) => void;
    consent: {
      get: () => { rev: number; purposes: string[]; decided: boolean };
      set: (purposes: string[]) => void;
      open: () => void;
    };
  };
}
