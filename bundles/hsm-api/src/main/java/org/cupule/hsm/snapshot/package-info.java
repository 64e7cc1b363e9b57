/**
 * Saving a VM that stands still, and making it again of what was saved: in the same process or in another one. State is
 * data ({@code org.cupule.state}); how it is written to a file is its user's business.
 */
@NullMarked
@Export
@Version("1.0.0")
package org.cupule.hsm.snapshot;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
