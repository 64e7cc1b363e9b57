/**
 * Small immutable values that every floor of the house shares: error numbers, device addresses, ranges, MSI messages.
 */
@NullMarked
@Export
@Version("1.0.0")
package org.cupule.types;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
