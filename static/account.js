// Shows what needs script, and says in the page when a passkey did not work.
for (const part of document.querySelectorAll("[data-needs-script]")) part.hidden = false;

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const line = document.createElement("p");
  line.textContent = window.isSecureContext && !/^[\d.]+$|^\[/.test(location.hostname)
    ? "The passkey was not used. Try again, or go on in another way."
    : "Passkeys work over https, or on this machine at the name localhost. Go on in another way.";
  document.getElementById("notice").replaceChildren(line);
});
