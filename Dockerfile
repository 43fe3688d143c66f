# A Meshmail node: mail service, gateway, or both (SERVICES). Settings come from the environment.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY . .
# without scripts: `npx meshmail` in the image would run `prepare`, which needs what has just been pruned
RUN npm run build && npm prune --omit=dev --ignore-scripts && npm pkg delete scripts

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
# the outbox lives in /app/data: mount a volume there
RUN mkdir -m 0700 data && chown node:node data
COPY --from=build --chown=node:node /app/package.json ./
COPY --from=build --chown=node:node /app/node_modules ./node_modules
COPY --from=build --chown=node:node /app/dist ./dist
USER node
EXPOSE 3000
CMD ["node", "dist/start.js"]
