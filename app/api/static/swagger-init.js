// Starts Swagger UI on the element that names the OpenAPI document.  A file and not an inline script, so that the page's
// content security policy can refuse inline script.
"use strict";

(() => {
  const element = document.getElementById("reference");
  window.ui = SwaggerUIBundle({
    url: element.dataset.openapi,
    domNode: element,
    presets: [SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
    deepLinking: true,
    displayRequestDuration: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    filter: true,
    // Else the page would send the document's address to a validator on the internet.
    validatorUrl: null,
    // Tokens stay in this page's memory: the computer at a till is a shared one.
    persistAuthorization: false,
  });
})();
