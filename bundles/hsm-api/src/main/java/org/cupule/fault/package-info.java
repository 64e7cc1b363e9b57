/**
 * Faults on demand: what hardware does when it fails, put between a device and its machine, and taken away again.
 */
@NullMarked
@Export
@Version("1.0.0")
package org.cupule.fault;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
