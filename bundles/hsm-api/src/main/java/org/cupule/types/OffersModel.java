package org.cupule.types;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.osgi.annotation.bundle.Attribute;
import org.osgi.annotation.bundle.Capability;

/**
 * Written on the factory of a model, says in its bundle's manifest which model that is: an OSGi capability that people
 * and tools read before the bundle is started, or installed at all. It says what {@link ModelInfo} says.
 *
 * <pre>
 *  Provide-Capability: org.cupule.model;kind=uart16550;name=ns16550a;version:Version="1.0.0"
 * </pre>
 */
@Documented
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.TYPE)
@Repeatable(OffersModels.class)
@Capability(namespace = OffersModel.NAMESPACE)
public @interface OffersModel {
    /** The capability's name space. */
    String NAMESPACE = "org.cupule.model";

    /** {@return as {@link ModelInfo#kind}} */
    @Attribute
    String kind();

    /** {@return as {@link ModelInfo#name}} */
    @Attribute
    String name();

    /** {@return as {@link ModelInfo#version}} */
    @Attribute("version:Version")
    String version();
}
