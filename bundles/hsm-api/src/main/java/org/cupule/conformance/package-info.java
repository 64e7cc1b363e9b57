/**
 * Whether a plug-in's devices do what every device must, asked in the live platform.
 */
@NullMarked
@Export
@Version("1.0.0")
package org.cupule.conformance;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
