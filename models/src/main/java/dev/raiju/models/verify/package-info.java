/// Checks against golden files: results that other software computed.
package dev.raiju.models.verify;
