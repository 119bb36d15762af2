/** What a check of the Agent Platform may know of the process's surroundings: what is set and whose it is, never a secret. */

export interface PlatformSurroundings {
  readonly credentials: FoundCredentials | MissingCredentials;
  readonly project: Chosen | null;
  readonly location: Chosen;
  /** Variables of the SDK, of Google Cloud and of proxies that are set; credentials in a proxy's address taken out. */
  readonly variables: Readonly<Record<string, string>>;
  /** Name of a variable that holds an API key; null: none does. */
  readonly keyFrom: string | null;
  /** Whether a variable hands a token over, which beats a file. */
  readonly hasToken: boolean;
  /** Where the doctor itself asks. */
  readonly baseUrl: string;
}

/** What counts, and where it was said: `--project`, `GOOGLE_CLOUD_PROJECT`. */
export interface Chosen {
  readonly value: string;
  readonly from: string;
}

export interface FoundCredentials {
  readonly isFound: true;
  /** `the gcloud login in …` */
  readonly described: string;
  readonly kind: string;
  /** That they were made in; null: they do not say. */
  readonly project: string | null;
  /** Sent as x-goog-user-project; null: not sent. */
  readonly quotaProject: string | null;
}

export interface MissingCredentials {
  readonly isFound: false;
  readonly says: string;
  readonly fix: string;
}
