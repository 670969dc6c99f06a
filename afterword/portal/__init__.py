"""The clinician's pages: sign-in, Today, the digest, *I have read this*."""
