package org.cupule.tck.check;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;
import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.DeviceFactory;
import org.cupule.device.DeviceSpec;
import org.cupule.state.StateSchema;
import org.cupule.types.ModelInfo;
import org.jspecify.annotations.Nullable;

/**
 * A factory whose devices' calls are timed.
 *
 * @threading one thread makes the calls; {@link #present} and {@link #longest} any thread
 */
final class Stopwatch implements DeviceFactory {
    private final DeviceFactory timed;
    private volatile long since;
    private volatile long longest;
    private int depth;

    Stopwatch(DeviceFactory timed) {
        this.timed = timed;
    }

    /** {@return for how many nanoseconds the present call has been going on; 0 when there is none} */
    long present() {
        long began = since;
        return began == 0 ? 0 : System.nanoTime() - began;
    }

    /** {@return nanoseconds of the longest call that has ended} */
    long longest() {
        return longest;
    }

    @Override
    public ModelInfo info() {
        return timed.info();
    }

    @Override
    public StateSchema schema() {
        return timed.schema();
    }

    @Override
    public DeviceSpec spec() {
        return timed.spec();
    }

    @Override
    public Device create(DeviceContext context) {
        return (Device) time(() -> watched((Device) time(() -> timed.create(watched(context)))));
    }

    private Device watched(Device device) {
        Set<Class<?>> interfaces = new LinkedHashSet<>();
        interfaces.add(Device.class);
        for (Class<?> type = device.getClass(); type != null; type = type.getSuperclass()) {
            for (Class<?> implemented : type.getInterfaces()) {
                if (implemented.getName().startsWith("org.cupule.device.")) {
                    interfaces.add(implemented);
                }
            }
        }
        return (Device) Proxy.newProxyInstance(Device.class.getClassLoader(), interfaces.toArray(Class<?>[]::new),
                (self, method, arguments) -> time(() -> {
                    try {
                        return method.invoke(device, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause() instanceof Exception failure ? failure : e;
                    }
                }));
    }

    /** {@return the context, with timers and posts that are timed too} */
    private DeviceContext watched(DeviceContext context) {
        return (DeviceContext) Proxy.newProxyInstance(DeviceContext.class.getClassLoader(),
                new Class<?>[]{DeviceContext.class}, (self, method, arguments) -> {
                    try {
                        return method.invoke(context, timedActions(arguments));
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private Object @Nullable [] timedActions(Object @Nullable [] arguments) {
        return arguments == null
                ? null
                : Arrays.stream(arguments)
                        .map(argument -> argument instanceof Runnable action ? (Runnable) () -> time(() -> {
                            action.run();
                            return null;
                        }) : argument).toArray();
    }

    private @Nullable Object time(java.util.concurrent.Callable<@Nullable Object> call) {
        long began = System.nanoTime();
        if (depth++ == 0) {
            since = began;
        }
        try {
            return call.call();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        } finally {
            if (--depth == 0) {
                since = 0;
                longest = Math.max(longest, System.nanoTime() - began);
            }
        }
    }
}
