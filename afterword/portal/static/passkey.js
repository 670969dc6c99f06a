// Passkeys: browsers offer them to scripts only. Nothing is fetched: what is signed goes out with
// the form, and text is only ever set as text.
"use strict";

(() => {
  const form = document.getElementById("passkey");
  const failed = document.getElementById("failed");
  const options = JSON.parse(form.dataset.options);

  const bytes = (text) => {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
  };
  const text = (buffer) => {
    const plain = String.fromCharCode(...new Uint8Array(buffer));
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };
  const named = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

  const create = async () => {
    const made = await navigator.credentials.create({
      publicKey: {
        ...options,
        challenge: bytes(options.challenge),
        user: { ...options.user, id: bytes(options.user.id) },
        excludeCredentials: named(options.excludeCredentials),
      },
    });
    return [made, {
      clientDataJSON: text(made.response.clientDataJSON),
      attestationObject: text(made.response.attestationObject),
    }];
  };
  const sign = async () => {
    const signed = await navigator.credentials.get({
      publicKey: {
        ...options,
        challenge: bytes(options.challenge),
        allowCredentials: named(options.allowCredentials),
      },
    });
    return [signed, {
      clientDataJSON: text(signed.response.clientDataJSON),
      authenticatorData: text(signed.response.authenticatorData),
      signature: text(signed.response.signature),
      userHandle: signed.response.userHandle ? text(signed.response.userHandle) : null,
    }];
  };

  const button = form.querySelector("button");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    failed.hidden = true;
    button.disabled = true;
    try {
      const [credential, response] = await (options.user ? create() : sign());
      form.elements.credential.value = JSON.stringify({
        id: credential.id,
        rawId: text(credential.rawId),
        type: credential.type,
        response,
        clientExtensionResults: {},
      });
      form.submit();
    } catch {
      // Cancelled, timed out, or the browser has none: it does not say which.
      failed.hidden = false;
      button.disabled = false;
      button.focus();
    }
  });
  document.getElementById("no-script").hidden = true;
  if (window.PublicKeyCredential) {
    button.disabled = false;
  } else {
    failed.hidden = false;
  }
})();
