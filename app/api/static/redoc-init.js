// Starts ReDoc on the element that names the OpenAPI document.  A file and not an inline script, so that the page's
// content security policy can refuse inline script.
"use strict";

(() => {
  const element = document.getElementById("reference");
  // The theme's default fonts would come from a font service on the internet.
  const fontFamily = 'system-ui, -apple-system, "Segoe UI", "Noto Sans KR", sans-serif';
  const codeFamily = "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace";
  Redoc.init(
    element.dataset.openapi,
    {
      hideDownloadButton: false,
      jsonSampleExpandLevel: 3,
      requiredPropsFirst: true,
      theme: {
        typography: { fontFamily, headings: { fontFamily }, code: { fontFamily: codeFamily } },
      },
    },
    element,
  );
})();
