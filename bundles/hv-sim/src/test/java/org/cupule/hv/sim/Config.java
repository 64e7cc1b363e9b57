package org.cupule.hv.sim;

import java.lang.annotation.Annotation;
import java.lang.reflect.Proxy;

/** Settings as Declarative Services would give them. */
final class Config {
    private Config() {
    }

    static SimHypervisor.Settings defaults() {
        return with("", 0);
    }

    /** The defaults, but for one attribute. */
    static SimHypervisor.Settings with(String attribute, Object value) {
        return (SimHypervisor.Settings) Proxy.newProxyInstance(Config.class.getClassLoader(),
                new Class<?>[]{SimHypervisor.Settings.class},
                (proxy, method, args) -> method.getName().equals(attribute)
                        ? value
                        : method.getDeclaringClass() == Annotation.class
                                ? SimHypervisor.Settings.class
                                : method.getDefaultValue());
    }
}
