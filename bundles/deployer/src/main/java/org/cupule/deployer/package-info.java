/**
 * Plug-ins come, go and are swapped through here, each as one transaction.
 */
@NullMarked
package org.cupule.deployer;

import org.jspecify.annotations.NullMarked;
