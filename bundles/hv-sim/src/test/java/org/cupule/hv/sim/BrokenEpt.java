package org.cupule.hv.sim;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.function.Consumer;
import org.cupule.hardware.Ept;
import org.cupule.hw.ept.FourLevelEptFactory;
import org.cupule.state.ModelState;

/** A four-level EPT whose restore is replaced. */
final class BrokenEpt {
    private BrokenEpt() {
    }

    static Ept of(Consumer<ModelState> restore) {
        Ept whole = new FourLevelEptFactory().create();
        return (Ept) Proxy.newProxyInstance(BrokenEpt.class.getClassLoader(), new Class<?>[]{Ept.class},
                (proxy, method, args) -> {
                    if (method.getName().equals("restore")) {
                        restore.accept((ModelState) args[0]);
                        return null;
                    }
                    try {
                        return method.invoke(whole, args);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }
}
