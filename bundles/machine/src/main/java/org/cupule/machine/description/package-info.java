/**
 * VM files: reading them, and checking a description against the models that are offered.
 */
@NullMarked
package org.cupule.machine.description;

import org.jspecify.annotations.NullMarked;
