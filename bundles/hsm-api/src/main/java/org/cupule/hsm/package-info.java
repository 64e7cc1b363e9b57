/**
 * The HSM as its clients see it: the service, and a virtual machine with its topics in sub-packages. Seed patches 05
 * and 06.
 */
@NullMarked
@Export
@Version("1.0.0")
package org.cupule.hsm;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
