/**
 * Starts the OSGi framework with the bundles that are inside this jar, calls one command and stops in order.
 *
 * <p>
 * The launcher is outside of the bundles: it knows the framework, and a command as a
 * {@link java.util.function.Function} (contract: {@code org.cupule.launch} in hsm-api, whose constants the compiler
 * copies into these classes).
 */
@NullMarked
package org.cupule.launcher;

import org.jspecify.annotations.NullMarked;
